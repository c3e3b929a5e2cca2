"""The dashboard: what lies in a folder of runs and studies, as pages in a browser.

shelf        the runs, studies and sorted images below a folder, at a glance
safe         names from outside, made harmless
drawn        the tables of `figures`, drawn with Plotly
app          the frame that Streamlit runs: what is chosen, and which page shows it
summary, data, performance, classifier, hypotheses, live, review      the pages
serving      how Streamlit is started: on loopback, small uploads, a token elsewhere
"""
